variable "project" {
  description = "The project."
  type        = string
}

variable "environment" {
  description = "The environment."
  type        = string
}

variable "cluster" {
  description = "The ECS cluster's name."
  type        = string
}

variable "records" {
  description = "The bucket of the lock and of the releases' records."
  type        = string
}

variable "services" {
  description = "Name in deploy.toml -> the fields of deploy.target.ServiceTarget."
  type = map(object({
    service            = string
    family             = string
    repository         = string
    repository_url     = string
    execution_role_arn = string
    task_role_arn      = string
    log_group          = string
    target_group_arn   = string
    url                = string
    min_tasks          = number
  }))
}

variable "sites" {
  description = "Name in deploy.toml -> the fields of deploy.target.SiteTarget."
  type = map(object({
    bucket       = string
    distribution = string
    url          = string
  }))
}
