/** A color that a definition gives, or null: nothing else gets into a style. */
export const safeColor = (color: string | null | undefined) => (/^#[0-9a-f]{3,8}$/i.test(color ?? '') ? color! : null);
