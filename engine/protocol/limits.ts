/** Sizes that the protocols share. In bytes unless the name says otherwise. */
export const LINK_PROTOCOL_VERSION = 1;
export const LINK_PROTOCOL_VERSION_MIN = 1;
export const CLIENT_PROTOCOL_VERSION = 1;

export const NAME_BYTES_MAX = 64;
export const ADDRESS_BYTES_MAX = 256;
export const REASON_BYTES_MAX = 512;
export const HASH_BYTES_MAX = 64;
export const PROCESS_COUNT_MAX = 1_024;
export const STUB_COUNT_MAX = 16_384;
/** Streams that one game offers to gates, numbered from 1. */
export const STREAMS_MAX = 8;

/** One message between processes, state of an entity that moves included. */
export const LINK_MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** One call from a client, arguments included. */
export const CLIENT_CALL_BYTES_MAX = 16 * 1024;
/** Everything a client sends in one transport message. */
export const CLIENT_FRAME_BYTES_MAX = 64 * 1024;
/** One document in the store. */
export const DOCUMENT_BYTES_MAX = 8 * 1024 * 1024;
