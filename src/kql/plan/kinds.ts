import type { Comparison } from "./compare.ts";

/** Syntax kinds of the comparisons by value. */
export const COMPARISON_KINDS: Readonly<Record<string, Comparison>> = {
  EqualExpression: "==",
  NotEqualExpression: "!=",
  LessThanExpression: "<",
  LessThanOrEqualExpression: "<=",
  GreaterThanExpression: ">",
  GreaterThanOrEqualExpression: ">=",
};

/** Syntax kinds of the arithmetic operators. */
export const ARITHMETIC_KINDS: Readonly<Record<string, "+" | "-" | "*" | "/" | "%">> = {
  AddExpression: "+",
  SubtractExpression: "-",
  MultiplyExpression: "*",
  DivideExpression: "/",
  ModuloExpression: "%",
};
