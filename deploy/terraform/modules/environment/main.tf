# One whole environment. The roots in environments/ say only what is different between them.

locals {
  name   = "${var.project}-${var.environment}"
  scheme = var.load_balancer.certificate_arn == null ? "http" : "https"
  url    = coalesce(var.url, "${local.scheme}://${module.cluster.dns_name}")
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
  deletion_protection = var.load_balancer.deletion_protection
  container_insights  = var.container_insights
}

module "registry" {
  source   = "../registry"
  for_each = var.services

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

  network = {
    vpc_id           = module.network.vpc_id
    subnet_ids       = module.network.task_subnet_ids
    assign_public_ip = module.network.assign_public_ip
  }

  load_balancer = {
    listener_arn      = module.cluster.listener_arn
    security_group_id = module.cluster.lb_security_group_id
  }

  repository = {
    url = module.registry[each.key].url
    arn = module.registry[each.key].arn
  }
}

module "deploy_parameter" {
  source = "../deploy-parameter"

  project     = var.project
  environment = var.environment
  cluster     = module.cluster.name

  services = {
    for name, service in module.service : name => merge(service.target, {
      repository     = module.registry[name].name
      repository_url = module.registry[name].url
      url            = name == var.default_service ? local.url : "${local.url}/${name}"
    })
  }
}
