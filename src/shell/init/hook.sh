
# The prompt's hook, for bash, ksh93 and mksh. It starts no process while the variables that decide the state stay as they
# are: it keeps the record of its last look, and puts the segment together itself. What a state is, the program says.

# What the shell holds; of secrets, only whether they are there.
__awsenv_see() {
  __awsenv_held="@HELD@" __awsenv_around="@AROUND@"
  __awsenv_mark
}

# Which of it is exported. Where the shell cannot tell, what came later than the switch is asked about each time.
__awsenv_mark() {
  case @LATER@ in
  '' | awsenv-refused) __awsenv_marked= ;;
  *) __awsenv_marked=unsure ;;
  esac
}

# One look. Where the record is missing or incomplete, no account is named.
__awsenv_look() {
  \set -- "$__awsenv_enter" "$__awsenv_restore"
  __awsenv_seen=$__awsenv_held#$__awsenv_around#$__awsenv_marked __awsenv_now=$__awsenv_time __awsenv_until=0
  __awsenv_at_end=keep __awsenv_front= __awsenv_back= __awsenv_pane= __awsenv_notice=
  __awsenv_enter= __awsenv_signal= __awsenv_restore=
  AWSENV_PROMPT_STATE=none AWSENV_PROMPT_TEXT=
  if [[ $__awsenv_held == *[!\|]* ]]; then
    AWSENV_PROMPT_STATE=unverified AWSENV_PROMPT_TEXT=UNVERIFIED __awsenv_front=' UNVERIFIED '
    __awsenv_read "$(\command @AWSENV@ prompt --hook --shell @SHELL@ 2>/dev/null)" || :
  fi
  __awsenv_seconds=${SECONDS%.*}
  # Not at each look: what was there before is kept once.
  if [[ "$1#$2" != "$__awsenv_enter#$__awsenv_restore" ]]; then
    __awsenv_write "$2$__awsenv_enter"
  fi
  __awsenv_show_pane "$__awsenv_pane"
  if [[ -n $__awsenv_restore$__awsenv_pane && -z $__awsenv_armed ]]; then
    # Only where nobody else waits for the end.
    __awsenv_armed=1
    case "$(\trap)" in
    *EXIT* | *' 0'*) ;;
    *) \trap __awsenv_leave EXIT ;;
    esac
  fi
}

# Takes a record, whole or not at all. Nothing in it is evaluated.
__awsenv_read() {
  \unset -v __awsenv_line
  __awsenv_rest=$1$'\n' __awsenv_count=0
  while [[ -n $__awsenv_rest ]]; do
    __awsenv_line[$__awsenv_count]=${__awsenv_rest%%$'\n'*}
    __awsenv_rest=${__awsenv_rest#*$'\n'} __awsenv_count=$((__awsenv_count + 1))
  done
  if [[ $__awsenv_count != 14 || ${__awsenv_line[0]} != 1 || ${__awsenv_line[13]} != end ]]; then
    return 1
  fi
  case x${__awsenv_line[2]}x${__awsenv_line[3]}x in
  *[!0-9x]* | *xx*) return 1 ;;
  esac
  AWSENV_PROMPT_STATE=${__awsenv_line[1]} AWSENV_PROMPT_TEXT=${__awsenv_line[7]}
  __awsenv_now=${__awsenv_line[2]} __awsenv_time=$__awsenv_now
  __awsenv_until=${__awsenv_line[3]} __awsenv_at_end=${__awsenv_line[4]}
  __awsenv_front=${__awsenv_line[5]} __awsenv_back=${__awsenv_line[6]}
  __awsenv_enter=${__awsenv_line[8]} __awsenv_signal=${__awsenv_line[9]} __awsenv_restore=${__awsenv_line[10]}
  __awsenv_pane=${__awsenv_line[11]} __awsenv_notice=${__awsenv_line[12]}
}

# The segment, with the time that is left.
__awsenv_compose() {
  AWSENV_PROMPT=
  if [[ ${AWSENV_OPT_PROMPT-} == 0 || -z $__awsenv_front ]]; then
    return 0
  fi
  AWSENV_PROMPT=$__awsenv_front
  if [[ $__awsenv_until != 0 ]]; then
    __awsenv_left=$((__awsenv_until - __awsenv_time))
    if ((__awsenv_left >= 172800)); then
      AWSENV_PROMPT+="$((__awsenv_left / 86400))d "
    elif ((__awsenv_left >= 3600)); then
      __awsenv_rest=0$((__awsenv_left % 3600 / 60))
      AWSENV_PROMPT+="$((__awsenv_left / 3600))h${__awsenv_rest#"${__awsenv_rest%??}"} "
    elif ((__awsenv_left >= 60)); then
      AWSENV_PROMPT+="$((__awsenv_left / 60))m "
    else
      AWSENV_PROMPT+="${__awsenv_left}s "
    fi
  fi
  AWSENV_PROMPT+=$__awsenv_back
}

# Before each prompt.
__awsenv_hook() {
  __awsenv_last=$?
  __awsenv_see
  __awsenv_clock
  if [[ -n ${__awsenv_expected+x} ]]; then
    if [[ $__awsenv_expected != "${AWSENV_CONTEXT-}" ]]; then
      __awsenv_say 'awsenv: NOT SWITCHED: what the last switch set is gone again; this shell holds what the prompt shows'
    fi
    \unset -v __awsenv_expected
  fi
  if [[ $__awsenv_seen != "$__awsenv_held#$__awsenv_around#$__awsenv_marked" || $__awsenv_marked == unsure ]] ||
    { [[ $__awsenv_until != 0 ]] && ((__awsenv_time >= __awsenv_until)); }; then
    __awsenv_look
    # Ended, and yet to be cleared: no tool shall fall back to other credentials.
    if [[ $AWSENV_PROMPT_STATE:$__awsenv_at_end == expired:clear && $__awsenv_until != 0 ]]; then
      \set -- "${AWSENV_CONTEXT-}"
      __awsenv_refuse || :
      \export AWSENV_EXPIRED="$1"
      __awsenv_see
      __awsenv_look
    fi
    if [[ -n $__awsenv_notice && $__awsenv_said != "$AWSENV_PROMPT_TEXT" ]]; then
      __awsenv_say "awsenv: $__awsenv_notice"
    fi
    __awsenv_said=$AWSENV_PROMPT_TEXT
  fi
  __awsenv_compose
  if [[ -n $__awsenv_signal ]]; then
    __awsenv_write "$__awsenv_signal"
  fi
  # With errexit, a status would end the shell.
  case $- in
  *e*) return 0 ;;
  esac
  return "$__awsenv_last"
}

# After `use`, `renew` and `off`.
__awsenv_switched() {
  __awsenv_expected=${AWSENV_CONTEXT-}
  __awsenv_see
  __awsenv_clock
  __awsenv_look
  __awsenv_said=$AWSENV_PROMPT_TEXT
  __awsenv_compose
}

# At the end of the shell: a shell around this one goes on with what it showed before.
__awsenv_leave() {
  if [[ -n $__awsenv_restore ]]; then
    __awsenv_write "$__awsenv_restore"
  fi
  __awsenv_show_pane "$__awsenv_pane_before"
}

__awsenv_show_pane() {
  if [[ $1 == "$__awsenv_pane_shown" || -z ${TMUX-} || -z ${TMUX_PANE-} ]]; then
    return 0
  fi
  __awsenv_pane_shown=$1
  case $1 in
  '') \command tmux set-option -pu -t "$TMUX_PANE" @awsenv ;;
  *) \command tmux set-option -p -t "$TMUX_PANE" @awsenv "$1" ;;
  esac </dev/null >/dev/null 2>&1 || :
}

__awsenv_write() {
  { __awsenv_put "$1" >|/dev/tty; } 2>/dev/null || :
}

__awsenv_say() {
  __awsenv_put "$1"$'\n' >&2
}

# The first look, at load time. It says nothing: a prompt may be on the screen already.
__awsenv_start() {
  \unset -v AWSENV_PROMPT AWSENV_PROMPT_TEXT AWSENV_PROMPT_STATE __awsenv_expected
  __awsenv_enter=${__awsenv_enter-} __awsenv_signal=${__awsenv_signal-} __awsenv_restore=${__awsenv_restore-} __awsenv_armed=${__awsenv_armed-}
  __awsenv_pane_shown=${__awsenv_pane_shown-} __awsenv_now=0 __awsenv_seconds=${SECONDS%.*} __awsenv_hooked=$$
  __awsenv_see
  __awsenv_clock
  __awsenv_look
  __awsenv_pane_before=${__awsenv_pane_before-$__awsenv_pane}
  __awsenv_said=$AWSENV_PROMPT_TEXT
  __awsenv_compose
}
