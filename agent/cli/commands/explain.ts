import type { CliCommand } from '../invocation.ts';

export const explainCommand: CliCommand = {
  name: 'explain',
  summary: 'the page of an error code or of a check, offline',
  define: command => command.argument('<code>', 'as in E_PASSPHRASE_WRONG, passphrase_wrong or controller-tls'),
  async run({ args, json, render }) {
    const { explain, pageText } = await import('../explain.ts');
    const page = explain(args[0] ?? '');
    if (json)
      render.object({
        schema: 'conjurer.explain/v1',
        ...page,
        ...('next' in page ? { next: render.hint(page.next) } : {}),
      });
    else render.text(pageText(page, render.style, render.hint));
    return 0;
  },
};
