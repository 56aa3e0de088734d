"""Ships a built site to S3 and CloudFront: scan, plan, upload, publish, invalidate, prune."""
