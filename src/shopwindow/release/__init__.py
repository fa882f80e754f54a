"""The immutable bundle that a server loads whole or refuses: write, load, list, activate."""
