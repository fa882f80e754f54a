"""A shop with known truth: its goods, its customers, their visits to a log or to a running server."""
