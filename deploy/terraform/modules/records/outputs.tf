output "bucket" {
  description = "The bucket of the lock and of the releases' records."
  value       = module.bucket.name
}
