"""The product's rules as pure code: no storage, no bus, no clock, no log."""
