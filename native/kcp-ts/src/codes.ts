/** What `send` and `input` answer: 0, or why not. The first three are the reference's own numbers. */
export const KCP_CODE = {
  ok: 0,
  /** `input`: shorter than a header, or of another conversation. */
  notOurs: -1,
  /** `input`: a segment says more bytes than there are. */
  badLength: -2,
  /** `input`: no command of KCP. */
  badCommand: -3,
  /** `input`: a datagram above `datagramBytesMax`, or a fragment number that no window holds. */
  tooLarge: -4,
  /** `send`: the message has more fragments than a window of 128 holds. */
  messageTooLong: -5,
  /** `send`: `queueSegmentsMax` segments wait. */
  queueFull: -6,
  /** `send`, `input`: the pool is at its bound. */
  poolFull: -7,
} as const;

export type KcpCode = (typeof KCP_CODE)[keyof typeof KCP_CODE];
