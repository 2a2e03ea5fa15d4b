"""`rolesync plan FILE`: the dry run."""

from rolesync.cli.files import check_is_list, check_target, list_of
from rolesync.cli.notify_at_end import note
from rolesync.cli.options import (
    All,
    Assignments,
    BadRows,
    Config,
    Encoding,
    Form,
    Format,
    HeaderRow,
    IgnoreColumn,
    Keep,
    ListAsOf,
    ListFile,
    NoHeader,
    NoUserId,
    Sheet,
    column_settings,
)
from rolesync.cli.plan_options import Detailed, HoldRemovals, Impact, NoRemovals, Output, load_plan_settings
from rolesync.cli.plan_output import needs_approval, review_command, save_and_show_plan, whole_path
from rolesync.cli.progress import command_context
from rolesync.cli.validate import refuse_list
from rolesync.errors import Exit


def plan(
    file: ListFile = None,
    output: Output = None,
    no_removals: NoRemovals = False,
    hold_removals: HoldRemovals = False,
    impact: Impact = False,
    sheet: Sheet = None,
    header_row: HeaderRow = None,
    encoding: Encoding = None,
    bad_rows: BadRows = None,
    keep: Keep = None,
    ignore_column: IgnoreColumn = None,
    no_header: NoHeader = False,
    no_user_id: NoUserId = False,
    list_as_of: ListAsOf = None,
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Dry run: read the list and Studio, show what would change and why. Never writes to Studio."""
    from rolesync.workflows.plan import plan_list
    from rolesync.workflows.read_list import read_list

    check_target(output, "the plan")
    check_is_list(file)
    columns = column_settings(keep, ignore_column, no_header=no_header, no_user_id=no_user_id)
    reading = {"sheet": sheet, "header_row": header_row, "encoding": encoding, "bad_rows": bad_rows, **columns}
    settings = load_plan_settings(
        config, assignments, no_removals, hold_removals, {"list": file, "list_as_of": list_as_of, **reading}
    )
    is_for_review = output is not None and needs_approval(settings)  # then it is the nightly job
    with command_context(settings, watched="plan" if is_for_review else "") as command:
        name = list_of(settings)
        context = command.with_run()
        desired = read_list(name, context)
        if desired.status == "reject":
            return refuse_list(desired, name, settings.managed_roles, form, show_all=show_all)
        new_plan = plan_list(desired, context, impact=impact)
    code = save_and_show_plan(new_plan, output, form, settings, show_all=show_all, detailed=detailed_exitcode)
    if output:
        note(plan=new_plan, is_waiting=new_plan.status == "ready", next_step=review_command(whole_path(output)))
    return code
