output "deploy_parameter" {
  description = "The SSM parameter that a deploy reads."
  value       = module.environment.deploy_parameter
}

output "url" {
  description = "Where the load balancer is reached."
  value       = module.environment.url
}

output "site_urls" {
  description = "Where each site is reached."
  value       = module.environment.site_urls
}
