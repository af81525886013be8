"""The lake on S3 and its index in DynamoDB: the only package that speaks to AWS."""
