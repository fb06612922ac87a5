import { defineConfig } from 'vite';
import { svelte } from '@sveltejs/vite-plugin-svelte';

// relative addresses: the pages run wherever nginx serves them
export default defineConfig({
	base: './',
	plugins: [svelte()],
	build: { outDir: 'dist', assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022' },
});
