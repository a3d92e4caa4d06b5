"""What failed: cases, their versions, texts, evidence, tags and reviews."""
