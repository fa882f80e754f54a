"""What a complex model must beat: one file each, one small contract."""
