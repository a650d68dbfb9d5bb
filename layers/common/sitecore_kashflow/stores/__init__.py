"""What we remember, in DynamoDB."""
