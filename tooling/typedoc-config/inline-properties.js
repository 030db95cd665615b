import { Converter, ReflectionKind } from 'typedoc'

/**
 * Lets the fields of a type that is written in place, as an event's payload is, go without a comment each: the comment of
 * what they belong to speaks for them. Fields of named interfaces and classes still need their own.
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, (context) => {
    const inline = context.project
      .getReflectionsByKind(ReflectionKind.Property)
      .filter((property) => property.parent?.kindOf(ReflectionKind.TypeLiteral) && !property.hasComment() && !isOfParameter(property))
      .map((property) => property.getFullName())
    // In place, since options are frozen by now.
    app.options.getValue('intentionallyNotDocumented').push(...new Set(inline))
  })
}

/**
 * Whether it is a field of a parameter's type, for which typedoc asks no comment, and warns where one is waived.
 * @param {import('typedoc').Reflection} property
 */
function isOfParameter(property) {
  for (let one = property.parent; one !== undefined; one = one.parent) if (one.kindOf(ReflectionKind.Parameter)) return true
  return false
}
