# One whole environment. The roots in environments/ say only what is different between them.

locals {
  name   = "${var.project}-${var.environment}"
  scheme = var.load_balancer.certificate_arn == null ? "http" : "https"
  url    = coalesce(var.url, "${local.scheme}://${module.cluster.dns_name}")

  # CloudFront wants a name that the certificate has, and the load balancer's own is none of those.
  backend = {
    host  = local.scheme == "https" ? var.load_balancer.domain : module.cluster.dns_name
    port  = local.scheme == "https" ? 443 : var.load_balancer.http_port
    https = local.scheme == "https"
  }
}

locals {
  image_of = { for name, service in var.services : name => coalesce(service.image, name) }

  sites = {
    for name, site in module.site : name => {
      bucket       = site.bucket
      distribution = site.distribution
      url          = lookup(var.cdn.urls, name, site.url)
    }
  }
}

module "network" {
  source = "../network"

  name          = local.name
  cidr          = var.network.cidr
  nat           = var.network.nat
  dns_hostnames = var.network.dns_hostnames
}

module "cluster" {
  source = "../cluster"

  name                = local.name
  vpc_id              = module.network.vpc_id
  egress_cidrs        = coalesce(var.load_balancer.egress_cidrs, [module.network.cidr])
  subnet_ids          = module.network.public_subnet_ids
  http_port           = var.load_balancer.http_port
  certificate_arn     = var.load_balancer.certificate_arn
  allowed_cidrs       = var.load_balancer.allowed_cidrs
  only_cloudfront     = var.load_balancer.only_cloudfront
  deletion_protection = var.load_balancer.deletion_protection
  container_insights  = var.container_insights
}

module "registry" {
  source   = "../registry"
  for_each = { for name, service in var.services : name => service if service.image == "" }

  name         = "${local.name}-${each.key}"
  force_delete = var.disposable
}

module "service" {
  source   = "../service"
  for_each = var.services

  name                 = each.key
  project              = var.project
  environment          = var.environment
  port                 = each.value.port
  paths                = each.key == var.default_service ? ["/*"] : ["/${each.key}", "/${each.key}/*"]
  cluster              = { name = module.cluster.name, arn = module.cluster.arn }
  health_check         = merge(var.health_check, { path = each.value.health, start_period = each.value.start_period })
  deregistration_delay = var.deregistration_delay
  scaling              = var.scaling
  listener_arn         = module.cluster.listener_arn
  lb_security_group_id = module.cluster.lb_security_group_id

  # With [0], for module.data[*] would wait for the database itself.
  security_group_ids = each.value.database ? [module.data[0].client_security_group_id] : []

  network = {
    vpc_id           = module.network.vpc_id
    subnet_ids       = module.network.task_subnet_ids
    assign_public_ip = module.network.assign_public_ip
  }

  repository = {
    url = module.registry[local.image_of[each.key]].url
    arn = module.registry[local.image_of[each.key]].arn
  }
}

module "site" {
  source   = "../site"
  for_each = var.sites

  name                    = "${local.name}-${each.key}"
  single_page             = each.value.single_page
  keep                    = { releases = each.value.keep_releases, days = each.value.keep_days }
  backend                 = local.backend
  domain                  = lookup(var.site_domains, each.key, null)
  viewer_protocol_policy  = var.cdn.viewer_protocol_policy
  hsts_seconds            = var.cdn.hsts_seconds
  content_security_policy = var.cdn.content_security_policy
  price_class             = var.cdn.price_class
  wait_for_deployment     = var.cdn.wait_for_deployment
  force_destroy           = var.disposable
  tags                    = lookup(var.cdn.tags, each.key, {})
}

# Nothing waits for it: RDS takes as long as the load balancer does, beside it.
module "data" {
  source = "../data"
  count  = var.database == null ? 0 : 1

  name                = local.name
  secret              = "${var.project}/${var.environment}/${var.database.secret}"
  database            = var.database
  multi_az            = var.database_settings.multi_az
  deletion_protection = var.database_settings.deletion_protection
  backup_days         = var.database_settings.backup_days
  growth              = var.database_settings.growth
  sslmode             = var.database_settings.sslmode
  password_version    = var.database_settings.password_version
  logs                = var.database_settings.logs
  insights            = var.database_settings.insights
  alarm               = var.database_settings.alarm
  tags                = var.database_settings.tags
  max_tasks           = var.scaling.max * length([for service in var.services : service if service.database])
  disposable          = var.disposable

  network = {
    vpc_id       = module.network.vpc_id
    subnet_ids   = module.network.private_subnet_ids
    egress_cidrs = var.database_settings.egress_cidrs
  }

}

module "records" {
  source = "../records"

  name          = local.name
  force_destroy = var.disposable
}

module "deploy_parameter" {
  source = "../deploy-parameter"

  project     = var.project
  environment = var.environment
  cluster     = module.cluster.name
  records     = module.records.bucket

  services = {
    for name, service in module.service : name => merge(service.target, {
      repository     = module.registry[local.image_of[name]].name
      repository_url = module.registry[local.image_of[name]].url
      url            = name == var.default_service ? local.url : "${local.url}/${name}"
    })
  }

  sites = local.sites
}
