"""What happened and what is for sale: frozen data, no I/O beyond reading shop.toml."""
