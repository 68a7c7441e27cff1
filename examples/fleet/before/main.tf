# A function in the VPC that posts {"jobs": ["hello"]} to a load balancer every 15 minutes.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

data "archive_file" "code" {
  type        = "zip"
  source_file = "function.py"
  output_path = "function.zip"
}

data "aws_iam_policy_document" "function_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  name               = "fleet-jobs"
  assume_role_policy = data.aws_iam_policy_document.function_trust.json
}

resource "aws_iam_role_policy_attachment" "network" {
  role       = aws_iam_role.function.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

data "aws_iam_policy_document" "read_token" {
  statement {
    actions   = ["ssm:GetParameter"]
    resources = ["arn:aws:ssm:eu-central-1:123456789012:parameter/fleet/jobs-token"]
  }
}

resource "aws_iam_role_policy" "read_token" {
  name   = "read-token"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.read_token.json
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/fleet-jobs"
  retention_in_days = 30
}

resource "aws_lambda_function" "jobs" {
  function_name    = "fleet-jobs"
  role             = aws_iam_role.function.arn
  runtime          = "python3.13"
  handler          = "function.handle"
  filename         = data.archive_file.code.output_path
  source_code_hash = data.archive_file.code.output_base64sha256
  timeout          = 30

  environment {
    variables = {
      JOBS_URL        = "http://fleet.internal/jobs"
      TOKEN_PARAMETER = "/fleet/jobs-token"
    }
  }

  vpc_config {
    subnet_ids         = ["subnet-0a000000000000003", "subnet-0b000000000000003"]
    security_group_ids = ["sg-01000000000000003"]
  }
}

data "aws_iam_policy_document" "scheduler_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "invoke" {
  statement {
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.jobs.arn]
  }
}

resource "aws_iam_role" "scheduler" {
  name               = "fleet-jobs-scheduler"
  assume_role_policy = data.aws_iam_policy_document.scheduler_trust.json
}

resource "aws_iam_role_policy" "invoke" {
  name   = "invoke"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.invoke.json
}

resource "aws_scheduler_schedule" "hello" {
  name                = "fleet-hello"
  schedule_expression = "cron(0/15 * * * ? *)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.jobs.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ jobs = ["hello"] })
  }
}

resource "aws_cloudwatch_metric_alarm" "failing" {
  alarm_name          = "fleet-jobs-failing"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.jobs.function_name }
  statistic           = "Sum"
  period              = 900
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = ["arn:aws:sns:eu-central-1:123456789012:on-call"]
}
