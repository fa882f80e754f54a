"""Training and test examples: event columns, journeys, splits, sequences."""
