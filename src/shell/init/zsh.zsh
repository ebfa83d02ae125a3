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
  # A hook that somebody took away would leave the account of before in the prompt.
  if (( ${+__awsenv_prefix} )); then
    PROMPT=${PROMPT#"$__awsenv_prefix"}
    __awsenv_segment= __awsenv_prefix=
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
  fi
  return "$__awsenv_exit"
}

# Prompt and completions, in interactive shells.
function __awsenv_precmd {
  local awsenv_status=$? awsenv_subst=
  [[ -o prompt_subst ]] && awsenv_subst=1
  \emulate -L zsh
  typeset -g __awsenv_segment= __awsenv_prefix="${__awsenv_prefix-}"
  PROMPT=${PROMPT#"$__awsenv_prefix"}
  __awsenv_prefix=
  # `+`, so that a trace shows no value.
  if [[ ${AWSENV_OPT_PROMPT-} != 0 &&
    -n ${AWSENV_CONTEXT+x}${AWS_ACCESS_KEY_ID+x}${AWS_SECRET_ACCESS_KEY+x}${AWS_SESSION_TOKEN+x}${AWS_PROFILE+x}${AWS_DEFAULT_PROFILE+x}${AWS_VAULT+x}${AWS_WEB_IDENTITY_TOKEN_FILE+x}${AWS_CONTAINER_CREDENTIALS_FULL_URI+x}${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI+x} ]]; then
    __awsenv_segment="$(\command @AWSENV@ prompt --shell zsh 2>/dev/null)" || :
  fi
  if [[ -n $__awsenv_segment ]]; then
    # The program doubles each `%`. With PROMPT_SUBST the text goes in by name, since `$` in it would be expanded.
    if [[ -n $awsenv_subst ]]; then
      __awsenv_prefix='${__awsenv_segment} '
    else
      __awsenv_prefix="$__awsenv_segment "
    fi
    PROMPT=$__awsenv_prefix$PROMPT
  fi
  return $awsenv_status
}

if [[ -o interactive ]]; then
  autoload -Uz add-zsh-hook && add-zsh-hook precmd __awsenv_precmd
  if (( ${+functions[compdef]} )); then
    \eval "$(\command @AWSENV@ completions zsh 2>/dev/null)" 2>/dev/null || :
  fi
fi
