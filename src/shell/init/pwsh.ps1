# awsenv for PowerShell: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.

# The function's own copy of a refusal, for when the program's output is missing or cut off.
function global:__awsenv_refuse {
    try { @REFUSAL@ } catch { }
}

# The last look at the environment: the variables that it depends on, and the record's lines.
$global:__awsenv_seen = $null
$global:__awsenv_record = @('') * 14

function global:__awsenv_program {
    (Get-Command -Name @AWSENV@ -CommandType Application -TotalCount 1 -ErrorAction Stop).Path
}

function global:__awsenv_fingerprint {
    $values = foreach ($name in @(@WATCHED@, @BESIDE@)) { [Environment]::GetEnvironmentVariable($name) }
    # Only whether they are there.
    $there = foreach ($name in @('AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN')) { Test-Path -LiteralPath Env:$name }
    ($values + $there) -join "`n"
}

function global:__awsenv_tty([string] $Text) {
    if ($Text -and -not [Console]::IsOutputRedirected) { [Console]::Write($Text) }
}

function global:__awsenv_look {
    $global:__awsenv_seen = __awsenv_fingerprint
    $old = $global:__awsenv_record
    $record = @()
    try { $record = @(& (__awsenv_program) prompt --hook --shell pwsh 2>$null) } catch { }
    # One that was cut off shows no account.
    if ($record.Count -ne 14 -or $record[0] -ne '1' -or $record[13] -ne 'end') {
        $record = @('1', 'unverified', '0', '0', 'keep', ' UNVERIFIED ', '', 'UNVERIFIED', '', '', '', '', '', 'end')
    }
    $global:__awsenv_record = $record
    if ($old[8] -cne $record[8] -or $old[10] -cne $record[10]) {
        __awsenv_tty $old[10]
        __awsenv_tty $record[8]
    }
    if ($env:TMUX_PANE -and $old[11] -cne $record[11]) {
        if ($record[11]) {
            & tmux set-option -p -t $env:TMUX_PANE '@awsenv' $record[11] 2>$null
        } else {
            & tmux set-option -pu -t $env:TMUX_PANE '@awsenv' 2>$null
        }
    }
    if ($record[12]) { [Console]::Error.WriteLine('awsenv: ' + $record[12]) }
}

# Runs before each prompt; starts no program while nothing changes.
function global:__awsenv_hook {
    $kept = $global:LASTEXITCODE
    $until = [long] ('0' + $global:__awsenv_record[3])
    $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    if ($global:__awsenv_seen -cne (__awsenv_fingerprint) -or ($until -gt 0 -and $now -ge $until)) {
        __awsenv_look
        if ($global:__awsenv_record[1] -eq 'expired' -and $global:__awsenv_record[4] -eq 'clear' -and $env:AWSENV_CONTEXT) {
            $ended = $env:AWSENV_CONTEXT
            __awsenv_refuse
            $env:AWSENV_EXPIRED = $ended
            [Console]::Error.WriteLine('awsenv: the credentials have ended; this shell now holds none: awsenv renew')
            __awsenv_look
        }
    }
    __awsenv_tty $global:__awsenv_record[9]
    $global:LASTEXITCODE = $kept
}

# The segment for the prompt, with the time that is left.
function global:__awsenv_segment {
    $record = $global:__awsenv_record
    if (-not $record[5]) { return '' }
    $left = ''
    if ($record[3] -ne '0') {
        $seconds = [Math]::Max([long] $record[3] - [DateTimeOffset]::UtcNow.ToUnixTimeSeconds(), 0)
        $minutes = [Math]::Floor($seconds / 60)
        $left = if ($minutes -lt 1) { '{0}s ' -f $seconds }
        elseif ($minutes -lt 60) { '{0}m ' -f $minutes }
        elseif ($minutes -lt 2880) { '{0}h{1:00} ' -f [Math]::Floor($minutes / 60), ($minutes % 60) }
        else { '{0}d ' -f [Math]::Floor($minutes / 1440) }
    }
    $record[5] + $left + $record[6] + ' '
}

function global:awsenv {
    $program = try { __awsenv_program } catch { $null }
    # `switch N`: the output is to be evaluated, and N words stand before the place for `--shell pwsh`.
    $found = @()
    if ($program) { $found = @((& $program init pwsh --find -- @args 2>$null) -split ' ') }
    if ($found.Count -ne 2) {
        # No program. Where a switch is meant, this shell must not keep what it has.
        $switches = @($args | Where-Object { @('use', 'off', 'renew') -ccontains $_ })
        $found = if ($switches.Count -gt 0) { @('switch', '0') } else { @('pass', '0') }
    }
    if ($found[0] -eq 'pass') {
        if ($MyInvocation.ExpectingInput) { $input | & $program @args } else { & $program @args }
        return
    }
    $at = [int] $found[1]
    $words = @($args)
    if ($at -gt 0) {
        $rest = if ($at -lt $words.Count) { @($words[$at..($words.Count - 1)]) } else { @() }
        $words = @($words[0..($at - 1)]) + @('--shell', 'pwsh') + $rest
    }
    $code = ''
    $status = 127
    if ($program) {
        $code = (& $program @words | Out-String).TrimEnd()
        $status = $global:LASTEXITCODE
    }
    $fault = ''
    $end = if ($status -eq 0) { '$global:LASTEXITCODE = 0 }' } else { "throw 'awsenv: refused, exit code $status' }" }
    if ($code.StartsWith('& { ') -and $code.EndsWith($end)) {
        # A refusal ends in an error, which is this function's own to tell.
        try { Invoke-Expression $code } catch {
            if ($status -eq 0) { $fault = 'the shell did not take the new environment' }
        }
        # Proof that the switch took place: the shell holds the very context that the program printed.
        $proof = "`$env:AWSENV_CONTEXT = '$env:AWSENV_CONTEXT'; "
        if ($status -eq 0 -and $code.Contains('$env:AWSENV_CONTEXT = ') -and -not $code.Contains($proof)) {
            $fault = 'the shell does not hold the context that was verified'
        }
    } else {
        $fault = "the program ended with status $status and no complete answer"
    }
    if ($fault) {
        [Console]::Error.WriteLine("awsenv: NOT SWITCHED: $fault; this shell now holds no usable AWS credentials")
        __awsenv_refuse
        if ($status -eq 0) { $status = 1 }
    }
    __awsenv_hook
    $global:LASTEXITCODE = $status
    if ($status -ne 0) { Write-Error "awsenv: refused, exit code $status" }
}

# Into the prompt, before what is there.
if (-not (Test-Path -LiteralPath Function:\__awsenv_others)) {
    Set-Item -Path Function:\global:__awsenv_others -Value (Get-Item -LiteralPath Function:\prompt).ScriptBlock
    function global:prompt {
        __awsenv_hook
        $shown = if ($env:AWSENV_OPT_PROMPT -eq '0') { '' } else { __awsenv_segment }
        $shown + (__awsenv_others)
    }
}
try { & (__awsenv_program) completions pwsh 2>$null | Out-String | Invoke-Expression } catch { }
