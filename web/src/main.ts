import { mount } from 'svelte';
import './ui/app.css';
import App from './app/App.svelte';
import { speakLanguage } from './base/words.svelte';

await speakLanguage(navigator.languages);
mount(App, { target: document.getElementById('app')! });
