"""What is known of a shop's imported tables: named checks, figures, advice; and a look at events before they come."""
