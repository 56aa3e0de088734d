variable "name" {
  description = "Prefix of every name, such as shipway-demo-prod."
  type        = string
}

variable "secret" {
  description = "Name of the secret that gets the URL, such as shipway-demo/prod/database-url; -password is the password's."
  type        = string
}

variable "database" {
  description = "[database] of deploy.toml: its name, PostgreSQL's major version, the instance class, GiB, and the connections that one task opens at most."
  type = object({
    name        = string
    version     = string
    size        = string
    storage     = number
    connections = number
  })

  validation {
    condition     = can(regex("^db\\.(t[34]g?\\.(micro|small|medium|large|xlarge|2xlarge)|[mr][0-9]+[a-z]*\\.(large|[248]?xlarge))$", var.database.size))
    error_message = "size of [database] must be a class of the t3, t4g, m or r families up to 8xlarge, such as db.t4g.micro or db.m7g.large."
  }
}

variable "max_tasks" {
  description = "How many tasks scaling allows, of all services that use the database."
  type        = number
}

variable "network" {
  description = "Where it is: a VPC, and private subnets in two zones. It opens no connections: egress is for clouds that don't let go of that rule."
  type = object({
    vpc_id       = string
    subnet_ids   = list(string)
    egress_cidrs = optional(list(string), [])
  })
}

variable "sslmode" {
  description = "What the URL asks of TLS: verify-full, or disable for a local cloud's database, which has none."
  type        = string
  default     = "verify-full"
  nullable    = false
}

variable "password_version" {
  description = "Another number makes another password."
  type        = number
  default     = 1
  nullable    = false
}

variable "multi_az" {
  description = "Whether a second instance in another zone takes over when the first one fails."
  type        = bool
  default     = false
  nullable    = false
}

variable "growth" {
  description = "How many times as large RDS may make the storage by itself, before it is full; 1 for never."
  type        = number
  default     = 1
  nullable    = false
}

variable "backup_days" {
  description = "Days for which the database can be restored to any second."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "RDS keeps backups for 1 to 35 days."
  }
}

variable "deletion_protection" {
  description = "Whether the database refuses to be deleted."
  type        = bool
  default     = false
  nullable    = false
}

variable "disposable" {
  description = "Whether destroy leaves nothing: no last snapshot, no backups, no secret to recover."
  type        = bool
  default     = false
}

variable "logs" {
  description = "Logs that go to CloudWatch."
  type        = set(string)
  default     = ["postgresql", "upgrade"]
  nullable    = false
}

variable "insights" {
  description = "Whether Database Insights shows what queries wait for, a week back."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm" {
  description = "An alarm for storage that runs out, and the SNS topics that it tells; null for none."
  type        = object({ topics = list(string) })
  default     = null
}

variable "tags" {
  description = "Tags of the instance alone."
  type        = map(string)
  default     = {}
  nullable    = false
}
