/**
 * What must not compile on the client. The compiler is the test: each `@ts-expect-error` fails the build when its line compiles.
 * The definition stands here as an author writes it; the client's types come from it by `import type` alone.
 */
import type { Client, ClientEntity } from "../../client/index.js";
import { type DefinitionOf, rpc } from "../../engine/entity/define.js";
import { array, customMap, entityId, int16, int32, struct, text } from "../../engine/property/types.js";

const spec = {
  properties: {
    name: text({ scope: "ALL_CLIENTS" }),
    hp: int16({ scope: "ALL_CLIENTS" }),
    school: customMap(struct({ number: int32() }), { scope: "OWN_CLIENT" }),
  },
  exposed: { say: [text({ max: 200 })], buy: rpc([text(), int32()], { returns: int32() }), rest: [] },
  exposedToView: { wave: [] },
  anonymous: { login: [text()] },
  server: { addGold: [int32()] },
  client: { onSay: [entityId(), text()], onLoot: [array(text())] },
} as const;
interface Avatar {
  readonly $definition: DefinitionOf<typeof spec>;
}

export async function callsAreTyped(avatar: ClientEntity<Avatar>): Promise<void> {
  const left: number = await avatar.call.buy("sword", 1);
  await avatar.call.say("hello");
  avatar.send.wave();
  await avatar.within(500).call.login("me");
  // @ts-expect-error no such method
  avatar.call.sell("sword");
  // @ts-expect-error a server method is not for clients
  avatar.call.addGold(1);
  // @ts-expect-error a client method is called by the server
  avatar.call.onSay("a", "b");
  // @ts-expect-error wrong type of argument
  avatar.call.buy(1, "sword");
  // @ts-expect-error an argument is missing
  avatar.call.buy("sword");
  // @ts-expect-error an argument too many
  avatar.send.say("hello", 1);
  // @ts-expect-error the result is a number
  const wrong: string = await avatar.call.buy("sword", 1);
  // @ts-expect-error a call without a result gives none
  const none: string = await avatar.call.rest();
  use(left, wrong, none);
}

export function handlersAreTyped(avatar: ClientEntity<Avatar>): void {
  avatar.handle({ onSay: (from: string, words: string) => use(from, words) });
  avatar.handle({ onLoot: (things) => use(things[0]?.length) });
  // @ts-expect-error no such client method
  avatar.handle({ onShout: () => undefined });
  // @ts-expect-error wrong type of argument
  avatar.handle({ onSay: (from: number) => use(from) });
}

export function propertiesAreTyped(avatar: ClientEntity<Avatar>): void {
  const hp: number | undefined = avatar.props.hp;
  const seat: number | undefined = avatar.props.school?.classA?.number;
  // @ts-expect-error no such property
  use(avatar.props.mana);
  // @ts-expect-error wrong type
  const name: number | undefined = avatar.props.name;
  // @ts-expect-error properties belong to the server
  avatar.props.hp = 3;
  use(hp, seat, name);
}

export function entitiesNarrow(client: Client): void {
  const { own } = client;
  if (own?.is<Avatar>("Avatar") === true) own.send.say("hello");
  const avatar = own as ClientEntity<Avatar> | null;
  // @ts-expect-error still typed after the cast
  avatar?.send.say(1);
  // An entity whose type is not known has every name, perhaps.
  own?.call.login?.("me").then(use);
  // @ts-expect-error no such event
  client.on("explode", () => undefined);
  // @ts-expect-error the event hands over an entity
  client.on("enter", (entity: number) => use(entity));
}

function use(..._values: unknown[]): void {}
