"""The event log: append, replay; everything else can be rebuilt from it."""
