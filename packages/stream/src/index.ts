/**
 * Node.js streams whose memory is pooled: transforms, message framing, files.
 * @module
 */
