output "deploy_parameter" {
  description = "The SSM parameter that a deploy reads."
  value       = module.deploy_parameter.name
}

output "url" {
  description = "Where the load balancer is reached."
  value       = local.url
}

output "site_urls" {
  description = "Where each site is reached."
  value       = { for name, site in local.sites : name => site.url }
}

output "target" {
  description = "What the deploy parameter says: every identifier that a deploy needs."
  value       = module.deploy_parameter.target
}
