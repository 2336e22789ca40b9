"""How boto3 reaches AWS, and what comes back."""
