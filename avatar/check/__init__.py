"""What a given file is and whether it can be used."""
