"""How good it is: metrics, protocols, significance, tables."""
