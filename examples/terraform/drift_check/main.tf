# An hourly check for drift on weekdays. Its failures reach a webhook.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

variable "webhook_url" {
  type      = string
  sensitive = true
}

module "drift_check" {
  source              = "./scheduled_task"
  name                = "drift-check"
  image               = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/drift-check"
  tag                 = "1.4"
  command             = ["sh", "drift.sh"]
  cpu                 = 512
  memory              = 1024
  task_role_arn       = "arn:aws:iam::123456789012:role/drift-check"
  schedule_expression = "cron(0 * ? * MON-FRI *)"
  timezone            = "Europe/Berlin"
  subnet_ids          = ["subnet-0a000000000000003", "subnet-0b000000000000003"]
  security_group_ids  = ["sg-01000000000000003"]
}

resource "aws_sns_topic_subscription" "webhook" {
  topic_arn = module.drift_check.topic_arn
  protocol  = "https"
  endpoint  = var.webhook_url
}
