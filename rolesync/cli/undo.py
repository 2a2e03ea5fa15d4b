"""`rolesync undo RUN`: a plan that reverses a run."""

from rolesync.cli.files import check_target, refuse_file_as_run
from rolesync.cli.options import All, Assignments, Config, Form, Format, RunId, load_settings
from rolesync.cli.plan_options import Detailed, Impact, Output
from rolesync.cli.plan_output import save_and_show_plan
from rolesync.cli.progress import command_context
from rolesync.errors import Exit


def undo(
    run: RunId,
    output: Output = None,
    impact: Impact = False,
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Plan to reverse a run, as far as Studio still shows its effects. Review and apply the plan like any other."""
    from rolesync.workflows.undo import plan_undo

    check_target(output, "the plan")
    refuse_file_as_run(run)
    settings = load_settings(config, assignments)
    with command_context(settings) as context:
        plan = plan_undo(run, context, impact=impact)
    return save_and_show_plan(plan, output, form, settings, show_all=show_all, detailed=detailed_exitcode)
