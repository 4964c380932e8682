import type { Command, Option } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

/** The completion script of a shell, made from the command tree. */
export function completionScript(shell: Shell, program: Command): string {
  const tree = {
    global: optionsOf(program),
    commands: visible(program).map(command => ({
      name: command.name(),
      summary: command.summary(),
      options: optionsOf(command),
      words: command.registeredArguments.flatMap(argument => argument.argChoices ?? []),
    })),
  };
  return { bash, zsh, fish }[shell](tree);
}

interface Tree {
  readonly global: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly words: readonly string[];
}

interface CompletedOption {
  readonly flag: string;
  readonly summary: string;
  readonly value: 'none' | 'file' | 'directory' | 'text';
  readonly choices: readonly string[];
}

function visible(program: Command): readonly Command[] {
  return program.createHelp().visibleCommands(program);
}

function optionsOf(command: Command): CompletedOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(option => (option.long ? [completed(option, option.long)] : []));
}

function completed(option: Option, flag: string): CompletedOption {
  const name = /<(\w+)>/.exec(option.flags)?.[1];
  const value = name === undefined ? 'none' : name === 'file' ? 'file' : name === 'dir' ? 'directory' : 'text';
  return { flag, summary: option.description, value, choices: option.argChoices ?? [] };
}

function allOptions({ global, commands }: Tree): CompletedOption[] {
  const byFlag = new Map<string, CompletedOption>();
  for (const option of [...global, ...commands.flatMap(({ options }) => options)]) byFlag.set(option.flag, option);
  return [...byFlag.values()];
}

function bash(tree: Tree): string {
  const values = allOptions(tree).flatMap(({ flag, value, choices }) => {
    if (choices.length > 0)
      return [`    ${flag}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word")); return ;;`];
    if (value === 'file') return [`    ${flag}) COMPREPLY=($(compgen -f -- "$word")); return ;;`];
    if (value === 'directory') return [`    ${flag}) COMPREPLY=($(compgen -d -- "$word")); return ;;`];
    return value === 'text' ? [`    ${flag}) return ;;`] : [];
  });
  const words = tree.commands.map(
    ({ name, options, words }) => `    ${name}) words='${[...options.map(({ flag }) => flag), ...words].join(' ')}' ;;`,
  );
  const global = tree.global.map(({ flag }) => flag).join(' ');
  return `# bash completion of conjurer: source <(conjurer completion bash)
_conjurer() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= words= at
  COMPREPLY=()
  case $before in
${values.join('\n')}
  esac
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      ${tree.commands.map(({ name }) => name).join('|')}) command=\${COMP_WORDS[at]}; break ;;
    esac
  done
  case $command in
    '') words='${tree.commands.map(({ name }) => name).join(' ')}' ;;
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words ${global}" -- "$word"))
}
complete -F _conjurer conjurer
`;
}

function zsh(tree: Tree): string {
  const spec = ({ flag, summary, value, choices }: CompletedOption): string => {
    const text = `${flag}[${zshText(summary)}]`;
    if (choices.length > 0) return `'${text}:value:(${choices.join(' ')})'`;
    const action = { none: '', file: ':file:_files', directory: ':directory:_files -/', text: ':value:' }[value];
    return `'${text}${action}'`;
  };
  const global = tree.global.map(spec).join(' ');
  const cases = tree.commands.map(({ name, options, words }) => {
    const positional = words.length === 0 ? '' : ` '1:value:(${words.join(' ')})'`;
    return `    ${name}) _arguments ${[...options.map(spec), global].join(' ')}${positional} ;;`;
  });
  return `#compdef conjurer
# zsh completion of conjurer: source <(conjurer completion zsh)
_conjurer() {
  local -a commands
  local state line
  commands=(
${tree.commands.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`).join('\n')}
  )
  _arguments -C ${global} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${cases.map(line => `    ${line}`).join('\n')}
      esac ;;
  esac
}
compdef _conjurer conjurer
`;
}

/** Inside single quotes and brackets of an _arguments specification. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:]/g, character => `\\${character}`);
}

function fish(tree: Tree): string {
  const option = ({ flag, summary, value, choices }: CompletedOption, condition: string): string => {
    const how =
      choices.length > 0
        ? ` -x -a ${fishText(choices.join(' '))}`
        : value === 'none'
          ? ''
          : value === 'text'
            ? ' -x'
            : ' -r -F';
    return `complete -c conjurer${condition} -l ${flag.slice(2)}${how} -d ${fishText(summary)}`;
  };
  const names = tree.commands.map(({ name }) => name).join(' ');
  const lines = tree.commands.flatMap(({ name, summary, options, words }) => [
    `complete -c conjurer -n ${fishText(`not __fish_seen_subcommand_from ${names}`)} -a ${name} -d ${fishText(summary)}`,
    ...options.map(one => option(one, ` -n ${fishText(`__fish_seen_subcommand_from ${name}`)}`)),
    ...words.map(word => `complete -c conjurer -n ${fishText(`__fish_seen_subcommand_from ${name}`)} -a ${word}`),
  ]);
  return `# fish completion of conjurer: conjurer completion fish | source
complete -c conjurer -f
${[...tree.global.map(one => option(one, '')), ...lines].join('\n')}
`;
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
