"""Lists the whole platform shares: stakeholder types, tags, cooperation types, stages, ticket bands, formats."""
