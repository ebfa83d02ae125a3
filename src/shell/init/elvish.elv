# awsenv for elvish: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.
use str

# The function's own copy of a refusal, for when the program's output is missing or cut off.
var -awsenv-refusal = @REFUSAL_TEXT@

# (external) never finds a function of the same name.
var -awsenv-program~ = (external @AWSENV@)

# What the program prints, and its status, as two values.
fn -awsenv-ask {|@args|
  var status = 0
  try {
    -awsenv-program $@args | slurp
  } catch e {
    set status = 127
    try { set status = $e[reason][exit-status] } catch { }
  }
  put $status
}

# The last look at the environment: the variables that it depends on, and the record's lines.
var -awsenv-seen = ''
var -awsenv-record = [(repeat 14 '')]
var -awsenv-segment = ''

fn -awsenv-print {|names|
  for name $names {
    if (has-env $name) { print $name'='(get-env $name)"\n" }
  }
}

# What is there of AWS; nothing where there is nothing to say. Then what changes what is said.
fn -awsenv-held {
  -awsenv-print [@WATCHED@]
  # Only whether they are there.
  for name [AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN] {
    if (has-env $name) { print $name"\n" }
  }
}
fn -awsenv-fingerprint {
  var held = (-awsenv-held | slurp)
  if (not-eq $held '') { print $held; -awsenv-print [@BESIDE@] }
}

fn -awsenv-tty {|text|
  if (not-eq $text '') { try { print $text > /dev/tty } catch { } }
}

fn -awsenv-look {
  set -awsenv-seen = (-awsenv-fingerprint | slurp)
  var old = $-awsenv-record
  set -awsenv-record = [(repeat 14 '')]
  # Where nothing of AWS is there, nothing is to be shown.
  if (not-eq $-awsenv-seen '') {
    var lines = [(str:split "\n" [(-awsenv-ask prompt --hook --shell elvish 2>/dev/null)][0])]
    # One that was cut off shows no account.
    if (and (== (count $lines) 15) (eq $lines[0] 1) (eq $lines[13] end)) {
      set -awsenv-record = $lines[..14]
    } else {
      set -awsenv-record = [1 unverified 0 0 keep ' UNVERIFIED ' '' UNVERIFIED '' '' '' '' '' end]
    }
  }
  if (or (not-eq $old[8] $-awsenv-record[8]) (not-eq $old[10] $-awsenv-record[10])) {
    -awsenv-tty $old[10]
    -awsenv-tty $-awsenv-record[8]
  }
  if (and (has-env TMUX_PANE) (not-eq $old[11] $-awsenv-record[11])) {
    try {
      if (eq $-awsenv-record[11] '') {
        e:tmux set-option -pu -t $E:TMUX_PANE '@awsenv' 2>/dev/null
      } else {
        e:tmux set-option -p -t $E:TMUX_PANE '@awsenv' $-awsenv-record[11] 2>/dev/null
      }
    } catch { }
  }
  if (not-eq $-awsenv-record[12] '') { echo 'awsenv: '$-awsenv-record[12] >&2 }
}

# Runs before each prompt. Elvish has no clock: for credentials that end, it asks the program each time.
fn -awsenv-hook {
  if (or (not-eq $-awsenv-seen (-awsenv-fingerprint | slurp)) (not (has-value ['' 0] $-awsenv-record[3]))) {
    -awsenv-look
    if (and (eq $-awsenv-record[1] expired) (eq $-awsenv-record[4] clear) (not-eq $E:AWSENV_CONTEXT '')) {
      var ended = $E:AWSENV_CONTEXT
      try { eval $-awsenv-refusal } catch { }
      set-env AWSENV_EXPIRED $ended
      echo 'awsenv: the credentials have ended; this shell now holds none: awsenv renew' >&2
      -awsenv-look
    }
  }
  -awsenv-tty $-awsenv-record[9]
  set -awsenv-segment = $-awsenv-record[5]$-awsenv-record[6]
}

fn awsenv {|@args|
  # `switch N`: the output is to be evaluated, and N words stand before the place for `--shell elvish`.
  var words = [(str:split " " (str:trim-space [(-awsenv-ask init elvish --find -- $@args 2>/dev/null)][0]))]
  if (!= (count $words) 2) {
    # No program. Where a switch is meant, this shell must not keep what it has.
    set words = [pass 0]
    for verb [use off renew] { if (has-value $args $verb) { set words = [switch 0] } }
  }
  if (eq $words[0] pass) {
    -awsenv-program $@args
    return
  }
  var at = (num $words[1])
  if (> $at 0) { set args = [(all $args[..$at]) --shell elvish (all $args[$at..])] }
  var code status = (-awsenv-ask $@args)
  var fault = ''
  if (and (== $status 0) (str:has-suffix $code "; nop 'end' }\n")) {
    try { eval $code } catch { set fault = 'the shell did not take the new environment' }
    # Proof that the switch took place: the shell holds the very context that the program printed.
    if (and (str:contains $code 'set-env AWSENV_CONTEXT "') ^
        (not (str:contains $code 'set-env AWSENV_CONTEXT "'$E:AWSENV_CONTEXT'"; '))) {
      set fault = 'the shell does not hold the context that was verified'
    }
  } elif (and (!= $status 0) (str:has-suffix $code "; fail 'awsenv: refused, exit code "$status"' }\n")) {
    try { eval $code } catch { }
  } else {
    set fault = 'the program ended with status '$status' and no complete answer'
  }
  if (not-eq $fault '') {
    echo 'awsenv: NOT SWITCHED: '$fault'; this shell now holds no usable AWS credentials' >&2
    try { eval $-awsenv-refusal } catch { }
    if (== $status 0) { set status = 1 }
  }
  -awsenv-hook
  if (!= $status 0) { fail 'awsenv: refused, exit code '$status }
}

# Into the interactive shell; a script has no `edit:`, and takes the functions from the module.
try {
  eval &ns=(ns [&awsenv~=$awsenv~ &hook~=$-awsenv-hook~ &segment={ put $-awsenv-segment }]) '
    edit:add-var awsenv~ $awsenv~
    set edit:before-readline = [$@edit:before-readline $hook~]
    var others = $edit:prompt
    if (not-eq $E:AWSENV_OPT_PROMPT 0) {
      set edit:prompt = { var text = ($segment); if (not-eq $text "") { print $text" " }; $others }
    }
  '
  eval (-awsenv-program completions elvish 2>/dev/null | slurp)
} catch { }
