"""State that events build and ranking reads: one definition for stream, serving and training."""
