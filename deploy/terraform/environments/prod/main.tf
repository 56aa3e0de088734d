terraform {
  required_version = ">= 1.11" # the first with write-only arguments

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # bucket, key and region come by -backend-config.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account]

  default_tags {
    tags = {
      Project     = var.project
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}

module "environment" {
  source = "../../modules/environment"

  project            = var.project
  environment        = var.environment
  services           = var.services
  default_service    = var.default_service
  sites              = var.sites
  database           = var.database
  site_domains       = var.site_domains
  url                = var.domain == null ? null : "${var.certificate_arn == null ? "http" : "https"}://${var.domain}"
  container_insights = var.container_insights
  network            = { nat = var.nat }
  scaling            = var.scaling

  cdn = {
    content_security_policy = var.content_security_policy
    price_class             = var.price_class
  }

  database_settings = {
    multi_az            = var.multi_az
    deletion_protection = var.deletion_protection
    backup_days         = var.backup_days
    growth              = 5
    password_version    = var.password_version
    alarm               = { topics = var.alarm_topics }
  }

  load_balancer = {
    certificate_arn     = var.certificate_arn
    domain              = var.domain
    allowed_cidrs       = var.allowed_cidrs
    only_cloudfront     = var.only_cloudfront
    deletion_protection = var.deletion_protection
  }
}
