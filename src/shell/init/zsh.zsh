# awsenv for zsh: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.
\unalias awsenv 2>/dev/null || :

# The function's own copy of a refusal, for when the program's output is missing or cut off.
function __awsenv_refuse @REFUSAL@

function awsenv {
  # Finds the verb: its place among the words, after options such as `--config FILE`.
  local __awsenv_word __awsenv_verb= __awsenv_skip=
  local -i __awsenv_at=0
  for __awsenv_word in "$@"; do
    case $__awsenv_verb,$__awsenv_skip,$__awsenv_word in
    (,x,*) __awsenv_skip= ;;
    (,,--config|,,--color) __awsenv_skip=x ;;
    # For reading, not for evaluating.
    (*,,-h|*,,--help|*,,-V|*,,--version|*,,--print|*,,--shell|*,,--shell=*)
      __awsenv_verb=none
      break
      ;;
    (,,-*) ;;
    (,,*) __awsenv_verb=$__awsenv_word ;;
    (*) continue ;;
    esac
    case $__awsenv_verb in
    ('') __awsenv_at=$((__awsenv_at + 1)) ;;
    esac
  done
  case $__awsenv_verb in
  (''|none|@VERBS@) ;;
  (*)
    # No verb. But where a switch is meant, and something before it is wrong, the program refuses, and so must this shell.
    __awsenv_verb=none
    for __awsenv_word in "$@"; do
      case $__awsenv_word in
      (--) break ;;
      (use|off|renew) __awsenv_verb=use __awsenv_at=-1 ;;
      esac
    done
    ;;
  esac
  case $__awsenv_verb in
  (use|off|renew) ;;
  (*)
    \command @AWSENV@ "$@"
    return
    ;;
  esac
  # The user's options come back at the end, tracing among them: a trace would show the secrets.
  { \emulate -L zsh; \setopt no_xtrace no_verbose } 2>/dev/null
  # At ^C, an interactive shell would drop the function and keep the old credentials. The trap is this function's own.
  if [[ -o interactive ]]; then
    \trap : INT
  fi
  local __awsenv_code __awsenv_fault= __awsenv_exit=0
  if (( __awsenv_at >= 0 )); then
    \set -- "${(@)argv[1,__awsenv_at+1]}" --shell zsh "${(@)argv[__awsenv_at+2,-1]}"
  fi
  __awsenv_code="$(\command @AWSENV@ "$@")" || __awsenv_exit=$?
  # These ends cannot stand inside a quoted value, so what ends in one is whole.
  case $__awsenv_exit:$__awsenv_code in
  ("0:{ "*": 'end'; (exit 0); else (exit 1); fi; }"|"$__awsenv_exit:{ "*": 'end'; (exit $__awsenv_exit); }")
    \eval "$__awsenv_code" || case $__awsenv_exit in
    (0) __awsenv_fault='the shell did not take the new environment' ;;
    esac
    ;;
  (*) __awsenv_fault="the program ended with status $__awsenv_exit and no complete answer" ;;
  esac
  # Proof that the switch took place: the shell holds the very context that the program printed.
  case $__awsenv_exit:$__awsenv_fault:$__awsenv_code in
  (0::*" AWSENV_CONTEXT='${AWSENV_CONTEXT-}'; "*) ;;
  (0::*" AWSENV_CONTEXT='"*) __awsenv_fault='the shell does not hold the context that was verified' ;;
  esac
  case $__awsenv_fault in
  (?*)
    \print -ru2 -- "awsenv: NOT SWITCHED: $__awsenv_fault; this shell now holds no usable AWS credentials"
    __awsenv_refuse || :
    __awsenv_code=@REFUSAL_TEXT@
    case $__awsenv_exit in
    (0) __awsenv_exit=1 ;;
    esac
    ;;
  esac
  # In `eval "$(awsenv use …)"` it is the shell outside that must change, and this function runs in a copy of it: the
  # code goes on to standard output too, as the program itself would print it. Never into a log: `(awsenv use …) | tee log`.
  if [[ $ZSH_EVAL_CONTEXT == *cmdsubst* ]] && ! [[ -t 1 ]]; then
    \print -r -- "$__awsenv_code"
  elif (( ZSH_SUBSHELL )); then
    \print -ru2 -- 'awsenv: this was a copy of the shell (parentheses or a pipeline): the shell itself is where it was'
  elif [[ ${__awsenv_hooked-} == $$ ]]; then
    __awsenv_switched
  fi
  return "$__awsenv_exit"
}

# The prompt's hook. It starts no process while the variables that decide the state stay as they are: it keeps the record of
# its last look, and puts the segment together itself. What a state is, the program says. All but the functions that zsh
# itself calls, and `awsenv`, rely on the options of their callers.

# What the shell holds and what of it is exported; of secrets, only whether they are there. And the time.
function __awsenv_see {
  __awsenv_held="@HELD@" __awsenv_around="@AROUND@"
  __awsenv_marked="@EXPORTED@"
  __awsenv_time=${(%):-%D{%s}}
}

# One look. Where the record is missing or incomplete, no account is named.
function __awsenv_look {
  local awsenv_enter=$__awsenv_enter awsenv_restore=$__awsenv_restore
  __awsenv_seen=$__awsenv_held#$__awsenv_around#$__awsenv_marked __awsenv_until=0
  __awsenv_at_end=keep __awsenv_front= __awsenv_back= __awsenv_pane= __awsenv_notice=
  __awsenv_enter= __awsenv_signal= __awsenv_restore=
  AWSENV_PROMPT_STATE=none AWSENV_PROMPT_TEXT=
  if [[ $__awsenv_held == *[^\|]* ]]; then
    AWSENV_PROMPT_STATE=unverified AWSENV_PROMPT_TEXT=UNVERIFIED __awsenv_front=' UNVERIFIED '
    __awsenv_read "$(\command @AWSENV@ prompt --hook --shell zsh 2>/dev/null)" || :
  fi
  # Not at each look: what was there before is kept once.
  if [[ $awsenv_enter#$awsenv_restore != "$__awsenv_enter#$__awsenv_restore" ]]; then
    __awsenv_write "$awsenv_restore$__awsenv_enter"
  fi
  __awsenv_show_pane "$__awsenv_pane"
}

# Takes a record, whole or not at all. Nothing in it is evaluated.
function __awsenv_read {
  local -a awsenv_line
  awsenv_line=("${(@f)1}")
  if (( $#awsenv_line != 14 )) || [[ $awsenv_line[1] != 1 || $awsenv_line[14] != end ]]; then
    return 1
  fi
  case x${awsenv_line[3]}x${awsenv_line[4]}x in
  (*[^0-9x]*|*xx*) return 1 ;;
  esac
  AWSENV_PROMPT_STATE=$awsenv_line[2] AWSENV_PROMPT_TEXT=$awsenv_line[8]
  __awsenv_until=$awsenv_line[4] __awsenv_at_end=$awsenv_line[5]
  __awsenv_front=$awsenv_line[6] __awsenv_back=$awsenv_line[7]
  __awsenv_enter=$awsenv_line[9] __awsenv_signal=$awsenv_line[10] __awsenv_restore=$awsenv_line[11]
  __awsenv_pane=$awsenv_line[12] __awsenv_notice=$awsenv_line[13]
}

# The segment, with the time that is left.
function __awsenv_compose {
  AWSENV_PROMPT=
  if [[ ${AWSENV_OPT_PROMPT-} == 0 || -z $__awsenv_front ]]; then
    return 0
  fi
  local awsenv_left=
  if (( __awsenv_until )); then
    local -i awsenv_seconds=$(( __awsenv_until - __awsenv_time ))
    if (( awsenv_seconds >= 172800 )); then
      awsenv_left="$(( awsenv_seconds / 86400 ))d "
    elif (( awsenv_seconds >= 3600 )); then
      awsenv_left="$(( awsenv_seconds / 3600 ))h${(l:2::0:)$(( awsenv_seconds % 3600 / 60 ))} "
    elif (( awsenv_seconds >= 60 )); then
      awsenv_left="$(( awsenv_seconds / 60 ))m "
    else
      awsenv_left="${awsenv_seconds}s "
    fi
  fi
  AWSENV_PROMPT=$__awsenv_front$awsenv_left$__awsenv_back
}

# Before each prompt.
function __awsenv_precmd {
  local awsenv_last=$? awsenv_subst=
  if [[ -o prompt_subst ]]; then awsenv_subst=1; fi
  # With errexit, a status would end the shell.
  if [[ -o err_exit || -o err_return ]]; then awsenv_last=0; fi
  \emulate -L zsh
  __awsenv_see
  if (( ${+__awsenv_expected} )); then
    if [[ $__awsenv_expected != "${AWSENV_CONTEXT-}" ]]; then
      \print -ru2 -- 'awsenv: NOT SWITCHED: what the last switch set is gone again; this shell holds what the prompt shows'
    fi
    \unset __awsenv_expected
  fi
  if [[ $__awsenv_seen != "$__awsenv_held#$__awsenv_around#$__awsenv_marked" ]] ||
    (( __awsenv_until && __awsenv_time >= __awsenv_until )); then
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
      \print -ru2 -- "awsenv: $__awsenv_notice"
    fi
    __awsenv_said=$AWSENV_PROMPT_TEXT
  fi
  __awsenv_compose
  if [[ -n $__awsenv_signal ]]; then
    __awsenv_write "$__awsenv_signal"
  fi
  PROMPT=${PROMPT#"$__awsenv_prefix"}
  __awsenv_prefix=
  if [[ -n $AWSENV_PROMPT ]]; then
    # The program doubles each `%`. With PROMPT_SUBST the text goes in by name, since `$` in it would be expanded.
    if [[ -z $awsenv_subst ]]; then
      __awsenv_prefix="$AWSENV_PROMPT "
    elif [[ $PROMPT${RPROMPT-} != *AWSENV_PROMPT* ]]; then
      __awsenv_prefix='${AWSENV_PROMPT} '
    fi
    PROMPT=$__awsenv_prefix$PROMPT
  fi
  return $awsenv_last
}

# After `use`, `renew` and `off`.
function __awsenv_switched {
  __awsenv_expected=${AWSENV_CONTEXT-}
  __awsenv_see
  __awsenv_look
  __awsenv_said=$AWSENV_PROMPT_TEXT
  __awsenv_compose
  # A hook that somebody took away would leave the account of before in the prompt.
  PROMPT=${PROMPT#"$__awsenv_prefix"}
  __awsenv_prefix=
}

# At the end of the shell, not of a copy: a shell around this one goes on with what it showed before.
function __awsenv_leave {
  \emulate -L zsh
  if (( ZSH_SUBSHELL )); then
    return 0
  fi
  if [[ -n $__awsenv_restore ]]; then
    __awsenv_write "$__awsenv_restore"
  fi
  __awsenv_show_pane "$__awsenv_pane_before"
}

function __awsenv_show_pane {
  if [[ $1 == "$__awsenv_pane_shown" || -z ${TMUX-} || -z ${TMUX_PANE-} ]]; then
    return 0
  fi
  __awsenv_pane_shown=$1
  if [[ -n $1 ]]; then
    \command tmux set-option -p -t "$TMUX_PANE" @awsenv "$1"
  else
    \command tmux set-option -pu -t "$TMUX_PANE" @awsenv
  fi </dev/null >/dev/null 2>&1 || :
}

function __awsenv_write {
  { \print -rn -- "$1" >|/dev/tty } 2>/dev/null || :
}

# The first look, at load time. It says nothing: a prompt may be on the screen already.
function __awsenv_start {
  \emulate -L zsh
  \unset AWSENV_PROMPT AWSENV_PROMPT_TEXT AWSENV_PROMPT_STATE __awsenv_expected
  : ${__awsenv_enter=} ${__awsenv_signal=} ${__awsenv_restore=} ${__awsenv_pane_shown=} ${__awsenv_prefix=}
  __awsenv_hooked=$$
  __awsenv_see
  __awsenv_look
  : ${__awsenv_pane_before=$__awsenv_pane}
  __awsenv_said=$AWSENV_PROMPT_TEXT
  __awsenv_compose
}

# Hook and completions, in interactive shells.
if [[ -o interactive ]]; then
  autoload -Uz add-zsh-hook && add-zsh-hook precmd __awsenv_precmd && add-zsh-hook zshexit __awsenv_leave
  __awsenv_start
  if (( ${+functions[compdef]} )); then
    \eval "$(\command @AWSENV@ completions zsh 2>/dev/null)" 2>/dev/null || :
  fi
fi
