"""Mathematics only: encoders, two-tower, losses. No files, clocks or stores."""
