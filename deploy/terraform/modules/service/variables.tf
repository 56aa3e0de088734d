variable "name" {
  description = "The service's name in deploy.toml; also the ECS service's and the container's."
  type        = string
}

variable "project" {
  description = "The project: the first part of every name."
  type        = string
}

variable "environment" {
  description = "The environment: the second part of every name."
  type        = string
}

variable "port" {
  description = "The port that the container listens on."
  type        = number
}

variable "cluster" {
  description = "The ECS cluster's name and ARN."
  type        = object({ name = string, arn = string })
}

variable "network" {
  description = "Where tasks run. `assign_public_ip` is needed in subnets without a NAT."
  type = object({
    vpc_id           = string
    subnet_ids       = list(string)
    assign_public_ip = bool
  })
}

# Two variables, for the listener is there a minute later than the group: what waits for one of an
# object's values waits for all of them.
variable "listener_arn" {
  description = "The load balancer's listener, which gets this service's rule."
  type        = string
}

variable "lb_security_group_id" {
  description = "The load balancer's security group: the only one that tasks let in."
  type        = string
}

variable "paths" {
  description = "Path patterns that the load balancer sends to this service. [\"/*\"] takes what no other rule does."
  type        = list(string)
  default     = ["/*"]
}

variable "security_group_ids" {
  description = "Security groups of its tasks beside their own: what lets members of these in lets them in."
  type        = list(string)
  default     = []
}

variable "repository" {
  description = "The image repository's URL and ARN."
  type        = object({ url = string, arn = string })
}

variable "health_check" {
  description = "When a task counts as healthy. Seconds; thresholds are replies in a row, `start_period` what the container takes to start."
  type = object({
    path                = string
    matcher             = optional(string, "200")
    interval            = optional(number, 15)
    timeout             = optional(number, 5)
    healthy_threshold   = optional(number, 2)
    unhealthy_threshold = optional(number, 3)
    start_period        = number
  })
}

variable "deregistration_delay" {
  description = "Seconds that a stopping task has to finish its requests."
  type        = number
  default     = 30
}

variable "log_retention_days" {
  description = "How long log lines stay."
  type        = number
  default     = 7
}

variable "scaling" {
  description = "How many tasks, and the average use in percent that scaling aims at."
  type = object({
    min    = optional(number, 1)
    max    = optional(number, 4)
    cpu    = optional(number, 70)
    memory = optional(number, 80)
  })
  default = {}
}
