/** A player's character. Its client may call what is `exposed`; others see the properties of scope ALL_CLIENTS. */
import { AvatarAreaEntity, defineEntity, entityId, int32, text } from "aeon-engine";

export class Avatar extends defineEntity(AvatarAreaEntity, "Avatar", {
  properties: {
    name: text({ max: 24, scope: "ALL_CLIENTS", persist: true }),
    greetings: int32({ scope: "ALL_CLIENTS", persist: true }),
  },
  exposed: { say: [text({ max: 200 })] },
  client: { onSay: [entityId(), text()] },
}) {
  say(words: string): void {
    if (isGreeting(words)) this.greetings += 1;
    this.allClients.onSay(this.id, words);
  }
}

export function isGreeting(words: string): boolean {
  return /^(hello|hi|hey)\b/i.test(words.trim());
}
