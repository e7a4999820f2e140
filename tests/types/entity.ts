/**
 * What must not compile in an author's code. The compiler is the test: each `@ts-expect-error` fails the build when its line compiles.
 */
import {
  AvatarAreaEntity,
  AvatarEntity,
  array,
  customList,
  customMap,
  defineEntity,
  defineWorld,
  entityId,
  int16,
  int32,
  type MailboxData,
  optional,
  type ProxyData,
  rpc,
  ServerEntity,
  StubEntity,
  struct,
  text,
} from "../../engine/index.js";

const Lesson = struct({ number: int32(), teacher: text() });

export class Bank extends defineEntity(StubEntity, "Bank", {
  server: {
    deposit: rpc([text(), int32()], { returns: int32() }),
    forget: [text()],
    find: rpc([text()], { returns: optional(struct({ gold: int32() })) }),
    list: rpc([], { returns: array(text()) }),
  },
}) {
  deposit(_name: string, gold: number): number {
    return gold;
  }
  async forget(_name: string): Promise<void> {}
  find(name: string): { gold: number } | null {
    return name === "" ? null : { gold: 1 };
  }
  async list(): Promise<string[]> {
    return [];
  }
}

export class Person extends defineEntity(AvatarAreaEntity, "Person", {
  properties: {
    name: text({ scope: "ALL_CLIENTS", persist: true }),
    hp: int16({ default: 100 }),
    school: customMap(Lesson, { scope: "OWN_CLIENT" }),
    bag: customList(text()),
    seats: customMap(int32(), { key: "int32" }),
  },
  exposed: { say: [text({ max: 200 })], buy: rpc([text()], { returns: int32() }) },
  exposedToView: { wave: [] },
  server: { heal: [int16()] },
  client: { onSay: [entityId(), text()], onRest: [] },
}) {
  say(words: string): void {
    this.allClients.onSay(this.id, words);
  }
  buy(item: string): Promise<number> {
    return Promise.resolve(item.length);
  }
  wave(): void {}
  heal(hp: number): void {
    this.hp += hp;
  }
}

class Login extends defineEntity(AvatarEntity, "Login", { anonymous: { login: [text()] } }) {
  login(_name: string): void {}
}

export function propertiesAreTyped(person: Person): void {
  const name: string = person.name;
  const lesson: number | undefined = person.school.get("classA")?.number;
  person.hp = 5;
  person.bag.push("sword");
  person.seats.set(3, 4);
  // @ts-expect-error a text is no number
  person.name = 5;
  // @ts-expect-error a number is no text
  person.hp = "5";
  // @ts-expect-error there is no such property
  person.mana = 5;
  // @ts-expect-error the list holds texts
  person.bag.push(5);
  // @ts-expect-error the map's keys are numbers
  person.seats.set("3", 4);
  // @ts-expect-error the struct has no such field
  use(person.school.get("classA")?.pupils);
  // @ts-expect-error its field is a number
  const wrong: string | undefined = person.school.get("classA")?.number;
  // @ts-expect-error what the engine gives is not for setting
  person.id = "x";
  use(name, lesson, wrong);
}

export async function stubCallsAreTyped(person: Person): Promise<void> {
  const bank = person.stub<Bank>("Bank");
  const left: number = await bank.call.deposit("ann", 5);
  const account = await bank.within(500).call.find("ann");
  const gold: number | undefined = account?.gold;
  const names: readonly string[] = await bank.call.list();
  bank.send.forget("ann");
  // @ts-expect-error no such method
  bank.call.steal("ann");
  // @ts-expect-error an argument is missing
  bank.call.deposit("ann");
  // @ts-expect-error an argument too many
  bank.send.forget("ann", 5);
  // @ts-expect-error arguments in the wrong order
  bank.call.deposit(5, "ann");
  // @ts-expect-error the result is a number
  const wrong: string = await bank.call.deposit("ann", 5);
  // @ts-expect-error there may be none
  use((await bank.call.find("ann")).gold);
  // @ts-expect-error nothing is returned
  const nothing: number = await bank.call.forget("ann");
  // @ts-expect-error what is sent has no answer
  use(bank.send.deposit("ann", 5).then);
  use(left, gold, names, wrong, nothing);
}

export function remotesAreTyped(person: Person, mailbox: MailboxData, proxy: ProxyData): void {
  person.remote<Person>("Person", mailbox).send.heal(5);
  person.proxyOf<Person>("Person", proxy).client.onSay("id", "hi");
  // @ts-expect-error a mailbox reaches no client
  use(person.remote<Person>("Person", mailbox).client);
  // @ts-expect-error what clients may call is not for servers
  person.remote<Person>("Person", mailbox).call.say("hi");
  // @ts-expect-error a number is no text
  person.proxyOf<Person>("Person", proxy).client.onSay("id", 5);
  // @ts-expect-error a proxy is no mailbox
  person.remote<Person>("Person", proxy);
  // @ts-expect-error a mailbox is no proxy
  person.proxyOf<Person>("Person", mailbox);
}

export function clientCallsAreTyped(person: Person): void {
  person.client.onSay(person.id, "hi");
  person.allClients.onRest();
  person.otherClients.onSay("id", "hi");
  // @ts-expect-error no such method on the client's side
  person.client.onShout("hi");
  // @ts-expect-error what the client calls is not what it is called
  person.client.say("hi");
  // @ts-expect-error an argument is missing
  person.client.onSay("id");
  // @ts-expect-error a number is no text
  person.allClients.onSay("id", 5);
  // @ts-expect-error calls on clients have no answer
  use(person.client.onRest().then);
}

export function definitionsAreTyped(): void {
  // @ts-expect-error no such scope
  defineEntity(ServerEntity, "X", { properties: { a: text({ scope: "EVERYBODY" }) } });
  // @ts-expect-error a default is of the property's type
  defineEntity(ServerEntity, "X", { properties: { a: int16({ default: "5" }) } });
  // @ts-expect-error arguments are types
  defineEntity(ServerEntity, "X", { exposed: { a: [String] } });
  // @ts-expect-error no such part of a definition
  defineEntity(ServerEntity, "X", { exported: { a: [] } });
  // @ts-expect-error no such option of a method
  rpc([], { timeout: 5 });
}

class Silent extends defineEntity(ServerEntity, "Silent", { server: { speak: [text()] } }) {}
class Confused extends defineEntity(ServerEntity, "Confused", { server: { speak: [text()] } }) {
  speak(_loudness: number): void {}
}
class Demanding extends defineEntity(ServerEntity, "Demanding", { exposed: { speak: [] } }) {
  speak(_words: string): void {}
}
class Liar extends defineEntity(ServerEntity, "Liar", { server: { count: rpc([], { returns: int32() }) } }) {
  count(): string {
    return "many";
  }
}
class Mute extends defineEntity(ServerEntity, "Mute", { server: { count: rpc([], { returns: int32() }) } }) {
  async count(): Promise<void> {}
}

export function worldsAreTyped(): void {
  defineWorld({ entities: [Login, Person, Bank], account: "Login" });
  // @ts-expect-error Silent lacks a method of its definition
  defineWorld({ entities: [Login, Silent], account: "Login" });
  // @ts-expect-error Confused takes another argument
  defineWorld({ entities: [Confused, Login], account: "Login" });
  // @ts-expect-error Demanding takes more arguments than it gets
  defineWorld({ entities: [Login, Demanding], account: "Login" });
  // @ts-expect-error Liar returns something else
  defineWorld({ entities: [Login, Liar], account: "Login" });
  // @ts-expect-error Mute returns nothing
  defineWorld({ entities: [Login, Mute], account: "Login" });
  // @ts-expect-error a world without entities of its own class
  defineWorld({ entities: [Login, class Plain {}], account: "Login" });
  // @ts-expect-error there is no account type
  defineWorld({ entities: [Login] });
}

export class Hooked extends defineEntity(AvatarAreaEntity, "Hooked", {}) {
  override async onCreate(): Promise<void> {}
  override onMove(): boolean {
    return true;
  }
  // @ts-expect-error the hook gets a reason, not a number
  override onDestroy(_reason: number): void {}
}

export class Slow extends defineEntity(AvatarAreaEntity, "Slow", {}) {
  // @ts-expect-error the answer is wanted at once
  override async onMove(): Promise<boolean> {
    return true;
  }
}

function use(..._values: unknown[]): void {}
