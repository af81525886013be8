"""The platform as code: CDK stacks, Lambda bundles, and the same platform on one machine."""
