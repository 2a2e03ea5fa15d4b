# The nightly sync for the Windows Task Scheduler; rolesync.xml starts it.
#
#   nightly.ps1 [OPTION OF rolesync sync ...]
#
# A failed run leaves its report, the error first, in the event log Application (source rolesync). If RolesyncMailTo is a
# variable of the machine, the report is mailed as well, by the server RolesyncSmtpServer. The exit code is that of
# rolesync, shown by the Task Scheduler as the last run result.
$ErrorActionPreference = 'Stop'
$program = 'C:\Program Files\rolesync'
$data = 'C:\ProgramData\rolesync'
$report = "$data\logs\report.txt"

$env:PATH = "$program\Scripts;$env:PATH"
$env:ROLESYNC_CONFIG = "$data\rolesync.toml"
$env:ROLESYNC_SECRETS_DIR = "$data\secrets"
$env:ROLESYNC_STATE_DIR = "$data\state"
$env:NIGHTLY_LOG_DIR = "$data\logs"
$env:NIGHTLY_REPORT = $report

if (Test-Path $report) { Remove-Item $report } # the report of an earlier night must not look like this one's
& "$program\Scripts\python.exe" "$program\jobs\nightly\nightly.py" "$data\desired_roles.csv" @args
$code = $LASTEXITCODE
if ($code -ne 0) {
    $text = "rolesync ended with exit code $code and left no report: see $data\logs"
    if (Test-Path $report) { $text = Get-Content -Raw -Encoding UTF8 $report }
    $event = $text.Substring(0, [Math]::Min($text.Length, 30000)) # an event holds no more
    Write-EventLog -LogName Application -Source rolesync -EntryType Error -EventId $code -Message $event
    if ($env:RolesyncMailTo) {
        $subject = "rolesync on $env:COMPUTERNAME failed: " + ($text -split "`n")[0].Trim()
        Send-MailMessage -To $env:RolesyncMailTo -From "rolesync@$env:COMPUTERNAME" -Subject $subject -Body $text `
            -SmtpServer $env:RolesyncSmtpServer -Encoding UTF8
    }
}
exit $code
