"""HTTP: JSON in, JSON out, the storefront. Time and ids enter the system here."""
