"""Pure work on tables: decode bytes to text, conform text to the contract, project to an audience."""
