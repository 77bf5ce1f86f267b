// Loaded before a peer: an orderly exit, or its CPU profile would not be written.
process.once("SIGTERM", () => process.exit());
