"""From a build context to an image in the registry: source tag, plan, build, push, digest.

`survey.survey` plans and writes nothing, `apply.apply` does what the plan says, and
`context.source_of` is the source tag alone. `source` and `plan` are pure.
"""
