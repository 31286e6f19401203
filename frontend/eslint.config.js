import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "src/api/schema.d.ts", "eslint.config.js"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A new kind of operation or action must be handled everywhere, or the check fails.
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // Text from the server is never markup.
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Render text nodes instead." },
        { property: "outerHTML", message: "Render text nodes instead." },
        { property: "insertAdjacentHTML", message: "Render text nodes instead." },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Render text nodes instead." },
        { selector: "JSXAttribute[name.name='style']", message: "The content security policy allows style sheets only." },
      ],
    },
  },
);
